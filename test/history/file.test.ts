import fc from 'fast-check';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseHistory, parseHistoryLine, readHistory } from '../../src/history/file.ts';
import { lastUplinkProgressMs } from '../../src/observe/runs/run-files.ts';
import { makeWorkspace, type Workspace } from '../fixtures/workspace.ts';

let workspace: Workspace;

beforeEach(() => {
  workspace = makeWorkspace();
});
afterEach(() => workspace.cleanup());

const write = (name: string, text: string): void => writeFileSync(join(workspace.dir, name), text);
const OLD = '{"at":"2026-03-02T01:00:00.000Z","event":"on-air","reason":"OnAir","item":"a.mp4"}';
const ON_AIR = { at: '2026-03-02T01:00:00.000Z', event: 'on-air', reason: 'OnAir', item: 'a.mp4' };

describe('a line of the history', () => {
  it('of an earlier version is read as it is', () => {
    expect(parseHistoryLine(OLD)).toEqual(ON_AIR);
  });

  it('whose later fields are wrong loses those alone', () => {
    const text = JSON.stringify({ ...ON_AIR, uptimeMs: -4, boot: 7, sentBytes: 12, uplink: { run: 1 }, item: 3 });
    expect(parseHistoryLine(text)).toEqual({ ...ON_AIR, item: null, sentBytes: 12 });
  });

  it.each(['', '{"at":"2026-0', '[]', 'null', '{"at":"soon","event":"on-air"}', OLD.replace('on-air', 'sunrise')])(
    'such as %s means nothing',
    (text) => {
      expect(parseHistoryLine(text)).toBeNull();
    },
  );

  it('that is anything at all never throws', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseHistory(text)));
  });
});

describe('the history', () => {
  it('is the older file and then the newer, torn lines passed over', () => {
    write('history.jsonl.1', `${OLD}\n{"at":"2026-`);
    write('history.jsonl', `\n${OLD.replace('01:00', '02:00')}\n\u0000\u0000\n`);
    const read = readHistory(workspace.dir);
    expect(read.kind === 'ok' ? read.lines.map(({ at }) => at.slice(11, 16)) : read).toEqual(['01:00', '02:00']);
  });

  it('is none where there is no file, or nothing in it', () => {
    expect(readHistory(workspace.dir)).toEqual({ kind: 'none' });
    expect(readHistory(join(workspace.dir, 'nowhere'))).toEqual({ kind: 'none' });
    write('history.jsonl', '\n');
    expect(readHistory(workspace.dir)).toEqual({ kind: 'none' });
  });

  it('is read from its end where it is longer than the bound', () => {
    write(
      'history.jsonl',
      Array.from({ length: 50 }, (_, n) => OLD.replace('01:00:00', `01:00:${String(n).padStart(2, '0')}`)).join('\n'),
    );
    const read = readHistory(workspace.dir, OLD.length * 3);
    expect(read.kind === 'ok' ? read.lines.map(({ at }) => at.slice(17, 19)) : read).toEqual(['48', '49']);
  });

  it('that cannot be read says so', () => {
    mkdirSync(join(workspace.dir, 'history.jsonl'));
    expect(readHistory(workspace.dir)).toMatchObject({ kind: 'unreadable', why: expect.stringContaining('EISDIR') });
  });
});

describe('the last progress of an uplink', () => {
  it('is that of the newest file an uplink left', () => {
    const at = (name: string, ms: number): void => {
      write(name, '');
      utimesSync(join(workspace.dir, name), ms / 1000, ms / 1000);
    };
    at('uplink-a-1.progress', 1_000_000);
    at('uplink-b-1.progress', 2_000_000);
    at('uplink-b-1.log', 3_000_000);
    at('playout-c-1.progress', 4_000_000);
    expect(lastUplinkProgressMs(workspace.dir)).toBe(2_000_000);
    expect(lastUplinkProgressMs(join(workspace.dir, 'nowhere'))).toBeNull();
  });
});
