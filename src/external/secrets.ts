const secretName = /TOKEN|SECRET|PASSWORD|API_KEY|ACCESS_KEY|PRIVATE_KEY/;
const patterns = [/\bhf_[A-Za-z0-9]{16,}/g, /\bsk-[A-Za-z0-9_-]{20,}/g];
const shortestSecret = 8;

/** A function that takes the secrets of this environment, and what looks like one, out of a text. */
export function createRedactor(
  env: Readonly<Record<string, string | undefined>>,
): (text: string) => string {
  const values = Object.entries(env)
    .filter(([name, value]) => secretName.test(name) && (value?.length ?? 0) >= shortestSecret)
    .map(([, value]) => value ?? '')
    // `TOKENIZERS_PARALLELISM=false` and the like are no secrets.
    .filter((value) => !/^(true|false|\d+|\/.*)$/i.test(value))
    .sort((a, b) => b.length - a.length);
  return (text) => {
    let clean = text;
    for (const value of values) clean = clean.replaceAll(value, '[secret]');
    for (const pattern of patterns) clean = clean.replaceAll(pattern, '[secret]');
    return clean;
  };
}
