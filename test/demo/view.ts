import { statusLines, statusSentence } from '../../src/cli/status/text.ts';
import { clipped } from '../../src/text/terminal.ts';
import { duration } from '../../src/text/units.ts';
import type { Ingest, ShownLook } from './look.ts';

/** Addresses and paths the view shows. */
export interface Places {
  readonly root: string;
  readonly healthUrl: string;
  readonly watchUrl: string;
  readonly mediaDir: string;
  readonly logPath: string;
}

/** Shows how the stream does until it is closed. */
export interface View {
  show(look: ShownLook): void;
  /** A line about something that happened. */
  tell(message: string): void;
  close(): void;
}

/** Redrawn in place on a terminal; elsewhere lines are written only when something changed. */
export function openView(out: NodeJS.WriteStream, places: Places): View {
  const view = out.isTTY ? liveView(out, places) : plainView(out, places);
  let closed = false;
  return {
    show: (look) => (closed ? undefined : view.show(look)),
    tell: (message) => (closed ? undefined : view.tell(message)),
    close: () => {
      closed = true;
      view.close();
    },
  };
}

const HOME = '\u001b[H';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';
/** Another screen than the shell's, which comes back as it was. */
const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const MOST_EVENTS = 3;

function liveView(out: NodeJS.WriteStream, places: Places): View {
  const events: string[] = [];
  let last: ShownLook | null = null;
  const draw = (): void => {
    if (last === null) return;
    // A terminal of unknown size says 0.
    const columns = out.columns || 80;
    const rows = out.rows || 24;
    const paint = (text: string): string => (process.env['NO_COLOR'] ? text : `\u001b[1m${text}\u001b[0m`);
    const head = [
      'Stream Controller, demo. Ctrl-C ends it.',
      `ingest  ${ingestText(last.ingest)}`,
      `YouTube ${last.youtube}`,
      `daemon  ${last.daemonPid === null ? 'none runs' : `pid ${last.daemonPid}`}, log ${places.logPath}`,
      '',
    ];
    const tries = ['', `Try in another terminal, in ${places.root}:`, ...thingsToTry(places, last.daemonPid)];
    const told = events.length === 0 ? [] : ['', ...events.slice(rows < 30 ? -1 : -MOST_EVENTS)];
    const room = Math.max(2, rows - 1 - head.length - tries.length - told.length);
    const status =
      last.report === null
        ? ['/health does not answer (yet)']
        : statusLines(last.report, { nowMs: Date.now(), colour: !process.env['NO_COLOR'], width: columns });
    const lines = [...head.map((line) => clipped(line, columns)), ...status.slice(0, room)];
    const rest = [...told, ...tries].map((line) => clipped(line, columns));
    const all = [...lines, ...rest].slice(0, rows - 1);
    const text = all.map((line, index) => `${index === 0 ? paint(line) : line}${CLEAR_LINE}\n`).join('');
    out.write(`${HOME}${text}${CLEAR_BELOW}`);
  };
  out.write(ENTER);
  out.on('resize', draw);
  return {
    show: (look) => {
      last = look;
      draw();
    },
    tell: (message) => {
      events.push(`${new Date().toTimeString().slice(0, 8)} ${message}`);
      if (events.length > MOST_EVENTS) events.shift();
      draw();
    },
    close: () => {
      out.off('resize', draw);
      out.write(LEAVE);
    },
  };
}

function plainView(out: NodeJS.WriteStream, places: Places): View {
  let ingestBefore = '';
  let healthBefore = '';
  let titlesBefore = '';
  let introduced = false;
  const say = (line: string): void => void out.write(`${line}\n`);
  return {
    show: ({ ingest, report, daemonPid, youtube }) => {
      const publishing = ingest?.publishing === true;
      const size = publishing && ingest.width > 0 ? `, ${ingest.width}x${ingest.height}` : '';
      const seen = ingest === null ? 'does not answer' : publishing ? `receives the stream${size}` : 'receives nothing';
      if (seen !== ingestBefore) say(`ingest: ${seen}`);
      ingestBefore = seen;
      const titles = youtube.replace(/ for [^,]+/g, '');
      if (titles !== titlesBefore) say(`YouTube: ${youtube}`);
      titlesBefore = titles;
      const key =
        report === null
          ? 'none'
          : [
              report.status,
              report.reason,
              report.playout?.item,
              report.uplink?.pid,
              report.desired.hash,
              report.applied.hash,
            ].join();
      if (key !== healthBefore) say(`health: ${report === null ? 'no answer' : statusSentence(report)}`);
      healthBefore = key;
      if (introduced || report?.status !== 'live') return;
      introduced = true;
      say(`Try in another terminal, in ${places.root}:`);
      for (const line of thingsToTry(places, daemonPid)) say(line);
    },
    tell: say,
    close: () => undefined,
  };
}

function ingestText(ingest: Ingest | null): string {
  if (ingest === null) return 'does not answer';
  if (!ingest.publishing) return 'receives nothing';
  const { width, height, kbps, bytes, forMs } = ingest;
  const size = width > 0 ? `${width}x${height}, ` : '';
  return `receives the stream: ${size}${kbps} kbit/s, ${(bytes / 1e6).toFixed(1)} MB in ${duration(forMs)}`;
}

function thingsToTry({ healthUrl, watchUrl }: Places, daemonPid: number | null): string[] {
  return [
    " media     sed -i 's#^media:.*#media: loops/fire.mp4#' desired.yaml (or shows/)",
    " bitrate   sed -i 's/^bitrate:.*/bitrate: 1500k/' desired.yaml",
    " off air   sed -i 's/running: true/running: false/' desired.yaml",
    " and back  sed -i 's/running: false/running: true/' desired.yaml",
    ` health    curl -s ${healthUrl}`,
    ` broadcast echo "broadcast: {title: 'Rain, {date} {time}', made_for_kids: false}" >> desired.yaml (at YouTube it renews that of Studio, which is too old)`,
    ` ended     kill -USR2 ${String(process.pid)} (as in Studio; another is begun in seconds)`,
    ` crash     kill -9 ${daemonPid ?? 'PID'} (the picture stays on; the next starts in 3 s)`,
    ` watch     ffplay ${watchUrl}`,
    ` snapshot  ffmpeg -i ${watchUrl} -frames:v 1 -y now.png`,
  ];
}
