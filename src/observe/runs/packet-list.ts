import type { SentPackets } from '../../reconcile/model/run.ts';

/** A packet: stream, dts and pts in milliseconds, duration, size, checksum; flags unless they are just those of a key frame. */
const TIMES = /^([01]),\s*(-?\d+),\s*(-?\d+),\s*\d+,\s*\d+, 0x[0-9a-f]{8}(?:, F=0x([0-9A-F]+))?/;
/** The parameter sets of the picture; their times are by another clock. */
const PARAMETERS = /^0,\s*-?\d+,\s*-?\d+,\s*\d+,\s*\d+,\s*([0-9a-f]{32})/;
const KEY_FLAG = 1;
/** H.264 holds back no more pictures than this (ITU-T H.264, annex A: `MaxDpbFrames`). */
const MOST_REORDERED = 16;

const NOTHING: SentPackets = {
  keyframeGapS: 0,
  pictureStepS: 0,
  soundStepS: 0,
  reorderFrames: 0,
  parametersChange: false,
};

/** Reads the list of packets that `actuate/ffmpeg/packet-list-argv.ts` asks for, line by line. */
export class PacketList {
  #sent: SentPackets | null = null;
  #parameters: string | null = null;
  #pictureMs: number | null = null;
  #keyframe: { readonly dtsMs: number; readonly ptsMs: number } | null = null;
  #soundMs: number | null = null;
  #shownMs: readonly number[] = [];

  /** The worst values so far; null = no packet was listed. */
  get sent(): SentPackets | null {
    return this.#sent;
  }

  /** Reads one line; a line that is no packet changes nothing. */
  feed(line: string): void {
    const times = TIMES.exec(line);
    if (times !== null) {
      const [, stream, dts, pts, flags = '1'] = times;
      if (stream === '1') this.#addSound(Number(dts));
      else this.#addPicture(Number(dts), Number(pts), (Number.parseInt(flags, 16) & KEY_FLAG) !== 0);
      return;
    }
    const parameters = PARAMETERS.exec(line)?.[1];
    if (parameters === undefined) return;
    if (this.#parameters !== null && this.#parameters !== parameters) this.#add({ parametersChange: true });
    this.#parameters = parameters;
  }

  /** Lines are missing here: times before and after are not compared. */
  skip(): void {
    this.#pictureMs = this.#soundMs = null;
    this.#keyframe = null;
    this.#shownMs = [];
  }

  #addPicture(dtsMs: number, ptsMs: number, isKey: boolean): void {
    const pictureStepS = (dtsMs - (this.#pictureMs ?? dtsMs)) / 1000;
    this.#pictureMs = dtsMs;
    const from = this.#keyframe ?? { dtsMs, ptsMs };
    // From one key frame to the next the times of display count, as in an inspection: Matroska has no decoding times, and
    // FFmpeg's guess of them is off by a millisecond.
    const keyframeGapS = (isKey ? ptsMs - from.ptsMs : dtsMs - from.dtsMs) / 1000;
    this.#keyframe = isKey ? { dtsMs, ptsMs } : from;
    const reorderFrames = this.#shownMs.filter((shownMs) => shownMs > ptsMs).length;
    this.#shownMs = [...this.#shownMs, ptsMs].slice(-MOST_REORDERED);
    this.#add({ pictureStepS, keyframeGapS, reorderFrames });
  }

  #addSound(dtsMs: number): void {
    const soundStepS = (dtsMs - (this.#soundMs ?? dtsMs)) / 1000;
    this.#soundMs = dtsMs;
    this.#add({ soundStepS });
  }

  #add(seen: Partial<SentPackets>): void {
    const before = this.#sent ?? NOTHING;
    this.#sent = {
      keyframeGapS: Math.max(before.keyframeGapS, seen.keyframeGapS ?? 0),
      pictureStepS: Math.max(before.pictureStepS, seen.pictureStepS ?? 0),
      soundStepS: Math.max(before.soundStepS, seen.soundStepS ?? 0),
      reorderFrames: Math.max(before.reorderFrames, seen.reorderFrames ?? 0),
      parametersChange: before.parametersChange || seen.parametersChange === true,
    };
  }
}
