/** Keeps secrets out of everything that is stored, sent or printed. */

/** Names of variables whose values are secrets. */
const secretName =
  /PASSW|PASSPHRASE|(^|_)(TOKEN|SECRET|PAT|CREDENTIALS?|API_?KEY|APIKEY|ACCESS_KEY|PRIVATE_KEY|AUTH|COOKIE|DSN)(_|$)/i;
/** These say where a secret lies. */
const placeName = /_(PATH|FILE|DIR|SOCK)$/i;

/** What looks like a secret wherever it comes from. */
const patterns: readonly string[] = [
  String.raw`\bhf_[A-Za-z0-9]{16,}`,
  String.raw`\bsk-[A-Za-z0-9_-]{20,}`,
  String.raw`\b(?:ghp|gho|ghs|ghu|github_pat)_[A-Za-z0-9_]{20,}`,
  String.raw`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`,
  String.raw`\bxox[a-z]-[A-Za-z0-9-]{10,}`,
  String.raw`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]{8,}`,
  String.raw`-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`,
  // What stands before is kept: it says what was hidden.
  String.raw`(?<=\b(?:Bearer|Basic)\s{1,4})[\w.~+/-]{8,}=*`,
  String.raw`(?<=\b[a-z][a-z0-9+.-]{1,20}:\/\/)[^\s/:@'"]{0,200}:[^\s/@'"]{1,200}(?=@)`,
];

const shortestSecret = 8;

/**
 * A function that takes the secrets of this environment, and what looks like one, out of a text: as
 * they are, in JSON, URL-encoded and in base64.
 */
export function createRedactor(
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const forms = new Set(Object.entries(env).flatMap(readSecrets).flatMap(formsOf));
  const known = [...forms]
    .filter((form) => form.length >= shortestSecret)
    // A longer one may begin with a shorter one.
    .sort((a, b) => b.length - a.length)
    .map((form) => form.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`));
  const secret = new RegExp([...known, ...patterns].join('|'), 'g');
  return (text) => text.replaceAll(secret, '[secret]');
}

function readSecrets([name, value]: [string, string | undefined]): string[] {
  if (value === undefined) return [];
  // A proxy or a database by URL: its password is one under any name.
  const password = /^[a-z][a-z0-9+.-]*:\/\/[^\s/:@]*:([^\s/@]+)@/i.exec(value)?.[1];
  const isSecret =
    secretName.test(name) && !placeName.test(name) && !/^(true|false|\d{1,10})$/i.test(value);
  return [
    ...(isSecret ? [value, value.trim()] : []),
    ...(password === undefined ? [] : [password, decode(password)]),
  ].filter((each) => each.length >= shortestSecret);
}

function formsOf(secret: string): string[] {
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURIComponent(secret),
    encodeURI(secret),
    ...base64FormsOf(secret),
  ];
}

/** Base64 of a text that holds the secret: by where it begins, less the characters it shares with others. */
function base64FormsOf(secret: string): string[] {
  return ['base64', 'base64url'].flatMap((encoding) =>
    [0, 1, 2].map((before) => {
      const bytes = Buffer.from(`${'\0'.repeat(before)}${secret}`);
      const text = bytes.toString(encoding as 'base64').replaceAll('=', '');
      const shared = Math.ceil((before * 8) / 6);
      return text.slice(shared, Math.floor((bytes.length * 8) / 6));
    }),
  );
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
