import fc from 'fast-check';
import type { FaultKind } from './fault.ts';
import { type Edit, yamlOf } from '../library.ts';

const MEDIA: readonly Edit['media'][] = [
  ['loops/rain.mp4', 'loops/snow.mp4'],
  'loops/',
  'long.mp4',
  ['short.mp4', 'loops/rain.mp4', 'unknown.ts', 'long.mp4'],
  ['long.mp4', 'nowhere.mp4', 'loops/snow.mp4'],
  'short.mp4',
  ['loops/snow.mp4', 'loops/rain.mp4', 'long.mp4'],
  'nothing/here/',
];

/** The operator changes something, or only the comments. */
export const desiredEdited: FaultKind<Partial<Edit>> = {
  name: 'desired.yaml edited',
  row: 'b l',
  args: fc.record(
    {
      running: fc.constantFrom(true, true, true, false),
      media: fc.constantFrom(...MEDIA),
      bitrate: fc.constantFrom('3000k', '1500k', '4M'),
      resolution: fc.constantFrom('1280x720', '1280x720', '1920x1080'),
      order: fc.constantFrom('listed' as const, 'shuffled' as const),
    },
    { requiredKeys: [] },
  ),
  happen(simulation, change) {
    simulation.edit = { ...simulation.edit, ...change };
    simulation.machine.desired = yamlOf(simulation.edit);
    simulation.daemon?.wake();
  },
};
