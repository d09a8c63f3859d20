import { describe, expect, it } from 'vitest';
import { uplinkFailure } from '../../../src/reconcile/runs/uplink-failure.ts';

describe('why nothing is published', () => {
  it.each([
    ['[tls @ 0x1] [error] Peer certificate failed verification', 'IngestUntrusted', 'expired, not yet valid, or of an'],
    ['[tls @ 0x1] [error] Unable to verify peer certificate: no', 'IngestUntrusted', 'SSL_CERT_FILE'],
    ['error:0A000086:SSL routines::certificate verify failed', 'IngestUntrusted', "this machine's clock"],
    ["The certificate's owner does not match hostname a.example", 'IngestUntrusted', 'is of another host'],
    ['Connection to tcp://127.0.0.1:1 failed: Connection refused', 'IngestUnreachable', 'Connection refused'],
    ['Failed to resolve hostname x.example: Name or service not known', 'IngestUnreachable', 'x.example'],
    ['rtmp://127.0.0.1/live2: Operation not permitted', 'UplinkFailed', 'Operation not permitted'],
    [null, 'UplinkFailed', 'the uplink failed'],
  ])('%j: %s', (lastFailure, reason, words) => {
    const trouble = uplinkFailure(lastFailure, false);
    expect(trouble.reason).toBe(reason);
    expect(trouble.message).toContain(words);
  });

  it('is the port, where that was seen refusing, whatever the uplink said', () => {
    expect(uplinkFailure('uplink exit 1', true).reason).toBe('IngestUnreachable');
  });
});
