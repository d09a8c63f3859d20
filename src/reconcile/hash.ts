import { createHash } from 'node:crypto';

/** Short, stable fingerprint of plain data: equal data, equal text, whatever the order of its keys. */
export const fingerprint = (data: unknown): string =>
  createHash('sha256').update(canonical(data)).digest('hex').slice(0, 12);

function canonical(data: unknown): string {
  if (Array.isArray(data)) return `[${data.map(canonical).join(',')}]`;
  if (data === null || typeof data !== 'object') return JSON.stringify(data) ?? 'null';
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${canonical(value)}`).join(',')}}`;
}
