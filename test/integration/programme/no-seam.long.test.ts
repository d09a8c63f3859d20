import { onStage } from '../../chaos/on-stage.ts';
import { judgeJoins, record } from './seams.ts';

const JOINS = 200;

onStage('two hundred joins leave no seam either, and sound with the picture', async ({ stage }) => {
  const seams = await judgeJoins(stage, JOINS);
  await record(
    1,
    'Items of 1 s: three like ones copied, one without B-frames copied, one of 25 frames and 48 kHz encoded',
    `${seams.claps - 1}`,
    seams,
  );
});
