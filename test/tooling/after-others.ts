import { getPriority, setPriority } from 'node:os';

// A file that computes leaves the processor to those of the real thing, which run beside it and are held to times.
setPriority(Math.max(getPriority(), 5));
