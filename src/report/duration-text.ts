/** A span of time with its two largest units, as in `9.5s`, `2m03s`, `1h04m`, `3d02h`. */
export function formatDuration(seconds: number | undefined): string {
  if (seconds === undefined || !Number.isFinite(seconds) || seconds < 0) return '–';
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  if (whole < 3600) return pair(whole, 60, 'm', 's');
  const minutes = Math.round(seconds / 60);
  if (minutes < 1440) return pair(minutes, 60, 'h', 'm');
  return pair(Math.round(minutes / 60), 24, 'd', 'h');
}

function pair(total: number, size: number, big: string, small: string): string {
  return `${Math.floor(total / size)}${big}${String(total % size).padStart(2, '0')}${small}`;
}

/** The minute of an ISO 8601 time, as in `2026-11-24 03:22` (UTC). */
export function formatTime(iso: string): string {
  return iso.slice(0, 16).replace('T', ' ');
}
