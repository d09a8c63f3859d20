import { makeFile } from '../../fixtures/media-maker.ts';
import { makeFilm } from '../../fixtures/odd-files.ts';

/** A sound file of a form, before anything is done to it: 5 s of a film that flashes and beeps once a second. */
export interface Form {
  readonly container: string;
  /** FFmpeg's encoders and muxer options. */
  readonly args: readonly string[];
}

export const FRAME = { width: 320, height: 180 };
const SECONDS = 5;

const SMALL = ['-vf', `scale=${FRAME.width}:${FRAME.height}`];
const HOUSE = [
  ...[...SMALL, '-c:v', 'libx264', '-preset', 'veryfast', '-pix_fmt', 'yuv420p', '-g', '60', '-bf', '2'],
  ...['-b:v', '300k', '-maxrate', '300k', '-bufsize', '300k'],
];
const AAC = ['-c:a', 'aac', '-ar', '44100'];

/** Copied, with the sound encoded, encoded; picture or sound alone; containers with tables and without. */
export const FORMS: readonly Form[] = [
  { container: 'mp4', args: [...HOUSE, ...AAC, '-movflags', '+faststart'] },
  { container: 'mp4', args: [...HOUSE, '-c:a', 'aac', '-ar', '48000'] },
  { container: 'mp4', args: [...HOUSE, ...AAC, '-movflags', '+frag_keyframe+empty_moov'] },
  { container: 'mp4', args: [...HOUSE, '-an'] },
  { container: 'ts', args: [...HOUSE, ...AAC] },
  { container: 'mkv', args: [...HOUSE, ...AAC] },
  { container: 'mkv', args: [...HOUSE, '-c:a', 'flac', '-live', '1'] },
  { container: 'flv', args: [...HOUSE, ...AAC] },
  { container: 'mov', args: [...SMALL, '-c:v', 'mjpeg', '-q:v', '4', '-c:a', 'pcm_s16le', '-ac', '1'] },
  { container: 'webm', args: [...SMALL, '-c:v', 'libvpx', '-deadline', 'realtime', '-b:v', '400k', '-c:a', 'libopus'] },
  { container: 'avi', args: [...SMALL, '-r', '25', '-c:v', 'mpeg4', '-q:v', '4', '-c:a', 'libmp3lame'] },
  { container: 'mpg', args: [...SMALL, '-c:v', 'mpeg2video', '-q:v', '4', '-c:a', 'mp2'] },
  { container: 'vob', args: [...SMALL, '-c:v', 'mpeg2video', '-q:v', '4', '-c:a', 'ac3'] },
  { container: 'wmv', args: [...SMALL, '-c:v', 'wmv2', '-q:v', '4', '-c:a', 'wmav2'] },
  { container: 'mp3', args: ['-vn', '-c:a', 'libmp3lame'] },
  { container: 'aac', args: ['-vn', ...AAC] },
  { container: 'ogg', args: ['-vn', '-c:a', 'libvorbis'] },
  { container: 'flac', args: ['-vn', '-c:a', 'flac'] },
  { container: 'wav', args: ['-vn', '-c:a', 'pcm_s16le', '-ar', '22050', '-ac', '1'] },
  { container: 'm4a', args: ['-vn', ...AAC] },
];

/** The file of this form; `take` chooses which part of the film. Made once and kept. */
export async function sampleOf({ container, args }: Form, take = 0): Promise<string> {
  const film = await makeFilm();
  const part = ['-ss', String(take * SECONDS), '-t', String(SECONDS), '-i', film];
  return makeFile({ name: 'fuzz', container, args: [...part, ...args, '-map_metadata', '-1', '-fflags', '+bitexact'] });
}
