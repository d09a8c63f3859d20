import fc from 'fast-check';
import type { Happening } from '../simulation.ts';
import { clockMoves } from './clock-moves.ts';
import { daemonDies } from './daemon-dies.ts';
import { daemonTold } from './daemon-told.ts';
import { desiredBroken } from './desired-broken.ts';
import { desiredEdited } from './desired-edited.ts';
import { diskFails } from './disk-fails.ts';
import { arbitraryFault } from './fault.ts';
import { ffmpegChanges } from './ffmpeg-changes.ts';
import { foreignProcesses } from './foreign-processes.ts';
import { ingestFails } from './ingest-fails.ts';
import { itemOneSided } from './item-one-sided.ts';
import { objectChanges } from './object-changes.ts';
import { reboot } from './reboot.ts';
import { runHarmed } from './run-harmed.ts';
import { runWedged } from './run-wedged.ts';
import { sightLost } from './sight-lost.ts';
import { stateSpoiled } from './state-spoiled.ts';
import { storeFails } from './store-fails.ts';
import { strayRun } from './stray-run.ts';

/** Every fault there is, the likelier the more often. */
export const anyFault: fc.Arbitrary<Happening> = fc.oneof(
  { weight: 5, arbitrary: arbitraryFault(daemonDies) },
  { weight: 2, arbitrary: arbitraryFault(daemonTold) },
  { weight: 5, arbitrary: arbitraryFault(runHarmed) },
  { weight: 1, arbitrary: arbitraryFault(runWedged) },
  { weight: 3, arbitrary: arbitraryFault(ingestFails) },
  { weight: 3, arbitrary: arbitraryFault(storeFails) },
  { weight: 3, arbitrary: arbitraryFault(objectChanges) },
  { weight: 2, arbitrary: arbitraryFault(itemOneSided) },
  { weight: 5, arbitrary: arbitraryFault(desiredEdited) },
  { weight: 2, arbitrary: arbitraryFault(desiredBroken) },
  { weight: 2, arbitrary: arbitraryFault(diskFails) },
  { weight: 2, arbitrary: arbitraryFault(stateSpoiled) },
  { weight: 2, arbitrary: arbitraryFault(strayRun) },
  { weight: 2, arbitrary: arbitraryFault(foreignProcesses) },
  { weight: 1, arbitrary: arbitraryFault(clockMoves) },
  { weight: 1, arbitrary: arbitraryFault(reboot) },
  { weight: 1, arbitrary: arbitraryFault(ffmpegChanges) },
  { weight: 1, arbitrary: arbitraryFault(sightLost) },
);
