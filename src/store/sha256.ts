import { hash } from 'node:crypto';

/** Of a text, as 64 hex digits. */
export function sha256(text: string): string {
  return hash('sha256', text);
}
