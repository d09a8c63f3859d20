import { judgeFiles } from './rounds.ts';

judgeFiles(20, 1);
