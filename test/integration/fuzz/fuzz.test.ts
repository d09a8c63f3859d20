import { judgeFiles } from './rounds.ts';

judgeFiles(
  20,
  1,
  [
    // Both streams jump, and some pictures and sounds are a millisecond apart: what flashes in them is not seen on air.
    208,
    // An edit list that leaves out the beginning of a sound alone: it began 1.3 s late.
    20_116,
    // A table that shows all pictures but the first 42 minutes later: a look at the first 30 s ended before them, and it was copied.
    30_452,
    // A hole in a short MP4 in fragments: its sound was copied, half of which cannot be decoded.
    30_379,
    // A hole and damage in a sound at the house's rate: what came between was 0.15 s early.
    50_324,
  ],
);
