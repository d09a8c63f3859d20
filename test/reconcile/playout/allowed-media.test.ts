import { describe, expect, it } from 'vitest';
import {
  LOCAL_MEDIA_PROTOCOLS,
  MEDIA_FORMAT_WHITELIST,
  REMOTE_MEDIA_PROTOCOLS,
} from '../../../src/reconcile/playout/allowed-media.ts';

describe('the lists of what media may be', () => {
  it('name no demuxer that opens other addresses', () => {
    const dangerous = [
      'hls',
      'applehttp',
      'concat',
      'dash',
      'image2',
      'image2pipe',
      'lavfi',
      'sdp',
      'rtsp',
      'rtp',
      'imf',
    ];
    const named = MEDIA_FORMAT_WHITELIST.split(',');
    expect(
      named.filter((name) => [...dangerous, 'webm_dash_manifest', 'svg_pipe', 'libopenmpt'].includes(name)),
    ).toEqual([]);
    expect(new Set(named).size).toBe(named.length);
  });

  it('give remote media no files, and local media no network', () => {
    expect(REMOTE_MEDIA_PROTOCOLS.split(',')).not.toContain('file');
    expect(LOCAL_MEDIA_PROTOCOLS).toBe('file');
  });
});
