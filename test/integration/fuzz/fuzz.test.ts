import { judgeFiles } from './rounds.ts';

judgeFiles(
  20,
  1,
  [
    // Both streams jump, and some pictures and sounds are a millisecond apart: what flashes in them is not seen on air.
    208,
    // An edit list that leaves out the beginning of a sound alone: it began 1.3 s late.
    20_116,
  ],
);
