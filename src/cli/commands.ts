import type { Command } from './command.ts';
import { OPTIONS } from './options.ts';

type Given = Omit<Command, 'options' | 'args'> & Partial<Pick<Command, 'options' | 'args'>>;

/** What a command takes unless it says otherwise. */
const NOTHING = { options: [], args: { usage: '', least: 0, most: 0 } };

const GIVEN: readonly Given[] = [
  {
    name: 'run',
    summary: 'the daemon: keep the stream as desired.yaml says',
    options: ['check'],
    help: `Runs in the foreground and logs JSON lines to stdout.
SIGTERM or SIGINT: take the stream off air, then end (exit 0).
SIGHUP: hand over: end (exit 75) and leave the stream alone; the next daemon adopts it.
With --check it starts nothing and only says whether it would take the environment (exit 0) or refuse it (exit 2).

Examples:
  streamctl run
  STREAM_CONFIG_DIR=/etc/stream-controller streamctl run --check`,
    load: () => import('./run.ts'),
  },
  {
    name: 'status',
    summary: 'what is on air, and whether it is what was wished',
    options: ['json', 'watch', 'line'],
    help: `Asks the daemon's /health at STREAM_CONTROLLER_HOST and STREAM_CONTROLLER_PORT, also from .env.
Without a daemon it tells whether the stream plays on.
Exit 0: live, degraded or stopped; 1: anything else.

Examples:
  streamctl status
  streamctl status --watch
  streamctl status --json | jq -r .reason`,
    load: () => import('./status/status.ts'),
  },
  {
    name: 'snapshot',
    summary: 'the picture on air now, as a PNG',
    args: { usage: 'FILE', least: 1, most: 1 },
    help: `Asks the daemon what is on air and where, and decodes that one picture from the store (within a second), with the
size and bars it has on air. The stream is not touched. - is stdout.
Exit 1: nothing is on air, or no daemon answers.

Examples:
  streamctl snapshot now.png
  streamctl snapshot - | chafa`,
    load: () => import('./media/snapshot.ts'),
  },
  {
    name: 'plan',
    summary: 'what would change if the file were applied; changes nothing',
    options: ['json'],
    args: { usage: '[FILE]', least: 0, most: 1 },
    help: `Compares FILE (default: desired.yaml in STREAM_CONFIG_DIR; - is stdin) with the last file the daemon accepted,
and tells for each change what it does to the stream, and whether the RTMP session survives. Where the store answers
within some seconds, also which of the first 10 items are copied and which are encoded, and why.
Exit 0: compared; 2: the file is missing or invalid.

Examples:
  streamctl plan
  streamctl plan tonight.yaml
  git show main:desired.yaml | streamctl plan -`,
    load: () => import('./plan/plan.ts'),
  },
  {
    name: 'validate',
    summary: 'check desired.yaml',
    options: ['json'],
    args: { usage: '[FILE]', least: 0, most: 1 },
    help: `Checks FILE (default: desired.yaml in STREAM_CONFIG_DIR; - is stdin) and names every problem by its place.
Needs no daemon and no environment.
Exit 0: valid; 2: missing or invalid.

Examples:
  streamctl validate
  git show :desired.yaml | streamctl validate -      (as a pre-commit hook: what is staged)`,
    load: () => import('./desired/validate.ts'),
  },
  {
    name: 'set',
    summary: 'change running or media in desired.yaml',
    options: ['wait', 'timeout', 'force'],
    args: { usage: 'KEY=VALUE...', least: 0, most: 10_000 },
    help: `running=true, running=false, or media=KEY[,KEY...]: a key, a prefix that ends in /, or a list. Comments and all else in the
file stay; nothing is written if the outcome would not be valid, or if the store says that it has no such object. A comma
within a key is written as \\,. With --wait alone nothing is changed, only waited for.
Exit 0: written, and with --wait so; 1: no such object, or not within the time; 2: wrong use, or an invalid file.

Examples:
  streamctl set running=false --wait
  streamctl set media=loops/rain.mp4 --wait
  streamctl set media='night one.mp4,night two.mp4' running=true`,
    load: () => import('./desired/set.ts'),
  },
  {
    name: 'completion',
    summary: 'print what completes streamctl in a shell',
    args: { usage: 'bash|zsh|fish', least: 1, most: 1 },
    help: `Made from the commands of this very version.

Examples:
  source <(streamctl completion bash)
  streamctl completion zsh > "\${fpath[1]}/_streamctl"
  streamctl completion fish | source`,
    load: async () => (await import('./completion/completion.ts')).completionOf(COMMANDS, OPTIONS),
  },
  {
    name: 'media ls',
    summary: 'list the media in the store',
    options: ['json'],
    args: { usage: '[PREFIX]', least: 0, most: 1 },
    help: `Size and key of every object that can be played, in the order a prefix plays them.

Examples:
  streamctl media ls
  streamctl media ls loops/
  streamctl media ls --json | jq -r '.[].key'`,
    load: () => import('./media/ls.ts'),
  },
  {
    name: 'media url',
    summary: 'print a signed URL of one object',
    args: { usage: 'KEY', least: 1, most: 1 },
    help: `The URL lives STORAGE_URL_TTL seconds; until then everybody who has it can read the object.

Example:
  ffplay "$(streamctl media url loops/rain.mp4)"`,
    load: () => import('./media/url.ts'),
  },
  {
    name: 'doctor',
    summary: 'check every precondition, with a remedy for what is amiss',
    options: ['json'],
    help: `Checks FFmpeg, tools, environment, secrets' permissions, desired.yaml, storage (list, sign, fetch), ingest (TCP, TLS,
greeting), upstream, clock, disk, limits, systemd units and the daemon. Publishes and changes nothing; takes about 10 s at most.
Exit 0: nothing failed, warnings allowed; 1: something failed; 2: the environment is malformed.

Examples:
  streamctl doctor
  sudo -u stream streamctl doctor
  streamctl doctor --json | jq -r '.findings[] | select(.verdict == "failed") | .check'`,
    load: () => import('./doctor/doctor.ts'),
  },
  {
    name: 'report',
    summary: 'time on air, interruptions, traffic, and what it means in watch hours',
    options: ['since', 'timezone', 'viewers', 'budget-gb', 'svg', 'json'],
    help: `By history.jsonl of the state directory, with or without a daemon. Days are those of --timezone, else of timezone: in
desired.yaml. A broadcast ends with a minute off air; one of 12 hours or more becomes no video, and its hours do not count. --since is 30d
unless given.
Exit 0: reported; 1: the history cannot be read, or the picture not be written.

Examples:
  streamctl report
  streamctl report --since 7d --viewers 3.5 --budget-gb 2000
  streamctl report --since 2026-03-01 --svg march.svg
  streamctl report --json | jq .onAirPercent`,
    load: () => import('./report/report.ts'),
  },
  {
    name: 'notify test',
    summary: 'send a message to NOTIFY_URL, and say what was answered',
    help: `Sends one message as the daemon does when a trouble lasts, in the form of NOTIFY_FORMAT, with reason Test. The address is
not shown.
Exit 0: it was taken; 1: it was not, or NOTIFY_URL is not set; 2: the environment is malformed.

Examples:
  streamctl notify test
  sudo -u stream streamctl notify test`,
    load: () => import('./notify/test.ts'),
  },
  {
    name: 'played',
    summary: 'which item was on air when',
    options: ['since', 'at', 'timezone', 'json'],
    help: `By played.jsonl of the state directory, with or without a daemon: begin, how long, key, artist and title where the object
is tagged, and how it ended: played (to its end), replaced, failed, off-air, or unseen (no daemon was there to see). Times
are those of --timezone, else of timezone: in desired.yaml. --since is 1d unless given.
Exit 0: told; 1: nothing was on air at that time, or the file cannot be read.

Examples:
  streamctl played
  streamctl played --at 03:12
  streamctl played --at '2026-03-28 03:12' --json | jq -r '.[].title'`,
    load: () => import('./played/played.ts'),
  },
  {
    name: 'media inspect',
    summary: 'tell whether an object is copied or encoded on air, and why',
    options: ['json'],
    args: { usage: 'KEY', least: 1, most: 1 },
    help: `Streams, verdict, every reason, and the share of a core it costs while on air: for what is encoded, 8 s of it
are encoded here at the lowest priority and the processor's time is counted. Of an MP4 also how many requests it makes
of the store while it is played once, by its tables. By the wish in desired.yaml, or the defaults where there is none. Of
what is copied 2 s are tried: where FFmpeg makes nothing of the object, it says that it cannot be played, and why, and
exits 1. Writes nothing.

Examples:
  streamctl media inspect loops/rain.mkv
  streamctl media inspect loops/rain.mkv --json | jq -r '.verdict.reasons[]'`,
    load: () => import('./media/inspect.ts'),
  },
  {
    name: 'media prepare',
    summary: 'encode an object once, so that it is copied on air',
    options: ['to', 'force'],
    args: { usage: 'KEY', least: 1, most: 1 },
    help: `Brings KEY as it would be on air into an MP4, a picture that fits copied and the rest encoded, and uploads that beside
it, as NAME.house.mp4: the original stays, and the new one is found where the old one was. Runs at the lowest priority; the file lies in TMPDIR, else in the state
directory, until it is uploaded. Nothing shows under the new key before it is complete, and nothing that is there is
overwritten without --force. Ctrl-C leaves nothing but a finished file whose upload the next call goes on with.
Exit 0: it is in the store and would be copied; 1: it is not.

Examples:
  streamctl media prepare loops/rain.mkv
  streamctl media prepare loops/rain.mkv --to house/rain.mp4`,
    load: () => import('./prepare/prepare.ts'),
  },
  {
    name: 'youtube login',
    summary: 'log in at YouTube by a code typed on another device',
    help: `Needs YOUTUBE_CLIENT_ID and YOUTUBE_CLIENT_SECRET; docs/youtube.md leads to them. Prints an address and a code to be
typed on a phone, waits until that is done, and keeps the login in the state directory. A daemon that runs notices.
A login that is there already stays until another is granted.
Exit 0: granted; 1: denied, expired or failed.

Examples:
  streamctl youtube login
  sudo -u stream streamctl youtube login`,
    load: () => import('./youtube/login.ts'),
  },
  {
    name: 'youtube logout',
    summary: 'revoke the login at Google and forget it',
    help: `It is forgotten here even if Google cannot be told. The stream and its broadcast stay as they are.
Exit 0: revoked and forgotten, or there was none; 1: forgotten, but Google was not told.

Example:
  streamctl youtube logout`,
    load: () => import('./youtube/logout.ts'),
  },
  {
    name: 'youtube status',
    summary: 'what YouTube says of channel, stream and broadcast',
    options: ['json'],
    help: `Asks YouTube itself, for three units of the day's quota; no daemon is needed. --json has the names of /health.youtube,
and quota.
Exit 0: YouTube answered; 1: it did not, or there is no login.

Examples:
  streamctl youtube status
  streamctl youtube status --json | jq -r .broadcast.url`,
    load: () => import('./youtube/status.ts'),
  },
];

/** Every command, in the order of `--help`. */
export const COMMANDS: readonly Command[] = GIVEN.map((given) => ({ ...NOTHING, ...given }));
