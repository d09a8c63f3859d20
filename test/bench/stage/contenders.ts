import { type ChildProcess, spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { processTree, signalPid } from '../../fixtures/workspace.ts';
import { COPY, ended, looped, rawArgs, startRaw } from './raw.ts';
import { ON_A, ON_B, type Scene } from './scene.ts';
import { health, startSubject, type Subject, writeDesired } from './subject.ts';

export type MediaKey = 'a.mp4' | 'b.mp4';

/** One that streams a.mp4, over and over, to the ingest of its scene. */
export interface Contender {
  readonly name: string;
  readonly scene: Scene;
  /** Who is to bring it back when nobody else does starts it anew. */
  start(): Promise<void>;
  /** SIGKILL for the process that holds the connection to the ingest. */
  killSender(): Promise<void>;
  /** Has it play the other object, in the way that is meant for it. */
  edit(): Promise<void>;
  stop(): Promise<void>;
}

/** `ffmpeg -re -stream_loop -1 -c copy`, with nobody to look after it. */
export function rawContender(scene: Scene): Contender {
  let child: ChildProcess | null = null;
  const play = async (key: MediaKey): Promise<void> => {
    child = startRaw(looped(await scene.signed(key)), COPY, `${scene.sink.url}/stream`);
  };
  const stop = async (): Promise<void> => {
    if (child !== null) await ended(child);
  };
  return {
    name: 'raw FFmpeg',
    scene,
    start: () => play('a.mp4'),
    killSender: stop,
    edit: async () => {
      await stop();
      await play('b.mp4');
    },
    stop,
  };
}

/** The same in a shell loop with a pause of two seconds, which is what `Restart=always` comes to. */
export function loopContender(scene: Scene, dir: string): Contender {
  const address = join(dir, 'address');
  const args = rawArgs(looped('ADDRESS'), COPY, `${scene.sink.url}/stream`);
  const command = args.map((arg) => (arg === 'ADDRESS' ? `"$(cat '${address}')"` : `'${arg}'`)).join(' ');
  const point = async (key: MediaKey): Promise<void> => writeFileSync(address, await scene.signed(key));
  let shell: ChildProcess | null = null;
  const killFfmpeg = (): void => {
    const sender = processTree(shell?.pid ?? 0).find(({ command: line }) => line.startsWith('ffmpeg'));
    if (sender !== undefined) signalPid(sender.pid, 'SIGKILL');
  };
  return {
    name: 'FFmpeg in a loop',
    scene,
    start: async () => {
      await point('a.mp4');
      shell = spawn('sh', ['-c', `while :; do ffmpeg ${command}; sleep 2; done`], { stdio: 'ignore' });
    },
    killSender: async () => killFfmpeg(),
    edit: async () => {
      await point('b.mp4');
      killFfmpeg();
    },
    stop: async () => {
      const tree = processTree(shell?.pid ?? 0).slice(1);
      if (shell !== null) await ended(shell);
      for (const { pid } of tree) signalPid(pid, 'SIGKILL');
    },
  };
}

/** Liquidsoap with a playlist of one file that it watches, everything copied. */
export function liquidsoapContender(scene: Scene, dir: string): Contender {
  const playlist = join(dir, 'playlist.m3u');
  const script = join(dir, 'stream.liq');
  const point = async (key: MediaKey): Promise<void> => writeFileSync(playlist, `${await scene.signed(key)}\n`);
  let child: ChildProcess | null = null;
  const stop = async (): Promise<void> => {
    if (child !== null) await ended(child);
  };
  return {
    name: 'Liquidsoap',
    scene,
    start: async () => {
      await point('a.mp4');
      writeFileSync(script, liquidsoapScript(playlist, `${scene.sink.url}/stream`));
      // It fetches each item as a whole, into a file it leaves behind when it is killed.
      child = spawn('liquidsoap', [script], { stdio: 'ignore', env: { ...process.env, TMPDIR: dir } });
    },
    killSender: stop,
    edit: () => point('b.mp4'),
    stop,
  };
}

const liquidsoapScript = (playlist: string, target: string): string => `
settings.init.allow_root.set(true)
settings.log.file.set(false)
item = playlist(reload_mode="watch", mode="normal", "${playlist}")
output.url(fallible=true, url="${target}", %ffmpeg(format="flv", %audio.copy, %video.copy), item)
`;

/** Ours, as built. */
export function ourContender(scene: Scene): Contender {
  const { place } = scene;
  let subject: Subject | null = null;
  return {
    name: 'Stream Controller',
    scene,
    start: async () => {
      writeDesired(place.dir, ON_A);
      subject = startSubject(place);
    },
    killSender: async () => {
      const { uplink } = await health(place.healthPort);
      if (uplink !== null) signalPid(uplink.pid, 'SIGKILL');
    },
    edit: async () => void writeDesired(place.dir, ON_B),
    stop: async () => subject?.stop(),
  };
}
