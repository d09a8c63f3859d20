import { constants, setPriority } from 'node:os';

/** What is imported here computes in what others leave of the processor. */
setPriority(constants.priority.PRIORITY_LOW);
