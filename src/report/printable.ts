/**
 * Text from tools and logs made harmless for a terminal: escape sequences and control characters
 * go, line breaks and tabs stay.
 */
export function toPrintable(text: string): string {
  return (
    text
      // CSI and OSC sequences whole, so that no "[31m" is left over.
      // eslint-disable-next-line no-control-regex -- control characters are what this is about
      .replaceAll(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?)/g, '')
      .replaceAll(/\r\n?/g, '\n')
      // eslint-disable-next-line no-control-regex -- as above
      .replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g, '')
  );
}

/** The same on one line. */
export function toPrintableLine(text: string): string {
  return toPrintable(text).replaceAll(/\s+/g, ' ').trim();
}
