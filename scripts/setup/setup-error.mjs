/** Thrown when the set-up can't go on: its message is all that the user needs to see. */
export class SetupError extends Error {
  name = 'SetupError';
}
