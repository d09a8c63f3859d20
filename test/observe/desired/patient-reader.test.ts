import { describe, expect, it } from 'vitest';
import { PatientReader } from '../../../src/observe/desired/patient-reader.ts';
import type { DesiredFile } from '../../../src/reconcile/model/desired.ts';

const said = (message: string): DesiredFile => ({ kind: 'missing', message });

/** A file system that answers when it is told to. */
function reluctant() {
  const asked: ((file: DesiredFile) => void)[] = [];
  const clock = { ms: 1_000 };
  const read = (): Promise<DesiredFile> => new Promise((resolve) => asked.push(resolve));
  return { reader: new PatientReader({ read, now: () => clock.ms }), asked, clock };
}

describe('a file system that hangs', () => {
  it('leaves the last answer, and is asked once however often somebody reads', async () => {
    const { reader, asked, clock } = reluctant();
    const first = reader.read();
    asked[0]!(said('as it was'));
    expect(await first).toEqual(said('as it was'));
    expect(reader.silentMs).toBe(0);
    // The first to meet the silence waits a second for it, the others not at all.
    for (let pass = 0; pass < 5; pass++) expect(await reader.read()).toEqual(said('as it was'));
    expect(asked.length).toBe(2);
    clock.ms += 9_000;
    expect(reader.silentMs).toBe(9_000);
    asked[1]!(said('as it is'));
    await expect.poll(() => reader.silentMs).toBe(0);
    const next = reader.read();
    expect(asked.length).toBe(3);
    asked[2]!(said('as it will be'));
    expect(await next).toEqual(said('as it will be'));
  });

  it('that has never answered is said to be there, and nothing more', async () => {
    const { reader } = reluctant();
    expect(await reader.read()).toEqual(said('desired.yaml cannot be read: its file system does not answer'));
  });
});
