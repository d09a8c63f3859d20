import { judgeFiles } from './rounds.ts';

judgeFiles(1_000, Math.floor(Math.random() * 1e6));
