import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeFieldFiles } from '../../fixtures/field-files.ts';
import { makeOddFiles } from '../../fixtures/odd-files.ts';
import { startRtmpSink, type RtmpSink } from '../../fixtures/rtmp-sink.ts';
import { makeWorkspace, type Workspace } from '../../fixtures/workspace.ts';
import { recordMedia } from '../programme/media-table.ts';
import { faultsIn, type Found, playInARow } from './in-a-row.ts';

let workspace: Workspace;
let sink: RtmpSink;

beforeAll(async () => {
  workspace = makeWorkspace();
  sink = await startRtmpSink({ recordDir: join(workspace.dir, 'recordings') });
});

afterAll(async () => {
  await sink.stop();
  await workspace.cleanup();
});

const milliseconds = (seconds: number | undefined): string =>
  seconds === undefined ? '' : `${Math.round(seconds * 1000)} ms`;

/** A row of docs/media.md. */
function cellsOf({ file, verdict, seen }: Found): string[] {
  const gaps = [seen?.pictureGapS, seen?.soundGapS, seen?.offsetAfterS].map(milliseconds);
  return [
    file.what,
    verdict,
    ...gaps,
    seen === null ? '' : `${seen.lengthS.toFixed(1)} of ${file.seconds?.toFixed(1)} s`,
  ];
}

test('each kind of odd file is played whole, without a gap, and leaves what follows together, or is refused', async () => {
  const files = [...(await makeOddFiles(workspace.dir)), ...(await makeFieldFiles(workspace.dir))];
  const { found } = await playInARow(sink, files);
  await recordMedia(found.map((one, order) => ({ section: 'field', order, cells: cellsOf(one) })));
  expect(faultsIn(found)).toEqual([]);
}, 900_000);
