import type { Cursor, Programme } from '../model/programme.ts';
import { orderOfRound } from './order.ts';

/** The first place of the programme; null when it is empty. */
export const firstCursor = (programme: Programme): Cursor | null => cursorAt(programme, 0, 0);

/** The place after this one; the round after the last of a round. */
export function nextCursor(programme: Programme, cursor: Cursor): Cursor | null {
  const at = locate(programme, cursor);
  const length = programme.keys.length;
  if (at === null) return cursorAt(programme, cursor.round, Math.min(cursor.index, length - 1));
  return at.index + 1 < length ? cursorAt(programme, at.round, at.index + 1) : cursorAt(programme, at.round + 1, 0);
}

/** This place in the programme as it is now: the nearest place of its key; null when the key is gone. */
export function locate(programme: Programme, cursor: Cursor): Cursor | null {
  const keys = orderOfRound(programme, cursor.round);
  if (keys[cursor.index] === cursor.key) return cursor;
  let nearest: number | null = null;
  for (const [index, key] of keys.entries()) {
    if (key !== cursor.key) continue;
    if (nearest === null || Math.abs(index - cursor.index) < Math.abs(nearest - cursor.index)) nearest = index;
  }
  return nearest === null ? null : { ...cursor, index: nearest };
}

/** How many items come before this place since the programme began, were it always as it is now. */
export const turnOf = ({ keys }: Programme, { round, index }: Cursor): number => round * keys.length + index;

function cursorAt(programme: Programme, round: number, index: number): Cursor | null {
  const key = orderOfRound(programme, round)[Math.max(index, 0)];
  return key === undefined ? null : { round, index: Math.max(index, 0), key, offsetMs: 0 };
}
