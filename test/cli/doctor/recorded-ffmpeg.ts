import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runToolOk } from '../../fixtures/run-tool.ts';

const QUESTIONS = ['-version', '-encoders', '-protocols', '-demuxers', '-muxers', '-bsfs'] as const;

/** Where the settings find it. */
export interface RecordedFfmpeg {
  readonly FFMPEG_PATH: string;
  readonly FFPROBE_PATH: string;
}

/**
 * Programs in `dir` that answer as this machine's FFmpeg does, from files, and pass on whatever is no plain question:
 * a diagnosis asks seven, and FFmpeg's libraries take longer to load than all else in it.
 */
export async function recordFfmpeg(dir: string): Promise<RecordedFfmpeg> {
  mkdirSync(dir);
  const record = async (program: string, questions: readonly string[]): Promise<string> => {
    const real = (await runToolOk('sh', ['-c', `command -v ${program}`])).stdout.toString().trim();
    for (const question of questions) {
      const { stdout } = await runToolOk(real, ['-hide_banner', question]);
      writeFileSync(join(dir, `${program}${question}`), stdout);
    }
    const path = join(dir, program);
    const script = `#!/bin/sh\n[ -e "$0$2" ] && exec cat "$0$2"\nexec ${real} "$@"\n`;
    writeFileSync(path, script, { mode: 0o755 });
    return path;
  };
  return { FFMPEG_PATH: await record('ffmpeg', QUESTIONS), FFPROBE_PATH: await record('ffprobe', ['-version']) };
}
