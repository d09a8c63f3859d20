import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { onAirTodayS } from '../../src/history/on-air-today.ts';
import { makeWorkspace } from '../fixtures/workspace.ts';

const workspace = makeWorkspace();
afterAll(() => workspace.cleanup());

/** In local time, as the day is. */
const at = (time: string, day = '02'): number => Date.parse(`2026-03-${day}T${time}:00`);
const line = (time: string, event: 'on-air' | 'off-air', day = '02'): string =>
  JSON.stringify({ at: new Date(at(time, day)).toISOString(), event, reason: 'OnAir', item: null });

describe('the time on air since midnight', () => {
  it.each([
    ['nothing known of an empty history', [], null],
    ['a closed stretch', [line('01:00', 'on-air'), line('01:30', 'off-air')], 30],
    ['a stretch that goes on', [line('11:50', 'on-air')], 10],
    ['what is left of a stretch from the day before', [line('20:00', 'on-air', '01'), line('02:00', 'off-air')], 120],
    ['the whole day where nothing changed', [line('20:00', 'on-air', '01')], 720],
    ['nothing of the day before', [line('20:00', 'on-air', '01'), line('21:00', 'off-air', '01')], 0],
    [
      'an adopted stream as one stretch',
      [line('10:00', 'on-air'), line('11:00', 'on-air'), line('11:30', 'off-air')],
      90,
    ],
    ['a history with a torn line', ['{"at":"2026-03', line('11:00', 'on-air'), '\u0000', line('11:10', 'off-air')], 10],
  ])('counts %s', (_sentence, lines, minutes) => {
    writeFileSync(join(workspace.dir, 'history.jsonl'), lines.join('\n'));
    expect(onAirTodayS(workspace.dir, at('12:00'))).toBe(minutes === null ? null : minutes * 60);
  });
});
