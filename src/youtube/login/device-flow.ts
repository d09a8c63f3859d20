import type { DeviceAnswer, DeviceCode, OAuth } from './oauth.ts';

export type DeviceFlowEnd = Exclude<DeviceAnswer, { readonly kind: 'pending' | 'slowDown' }>;

interface DeviceFlowOptions {
  /** Told once what the person is to type, and where. */
  readonly show: (code: DeviceCode) => void;
  readonly sleep: (ms: number) => Promise<void>;
  /** Any clock that only goes forward. */
  readonly monoMs: () => number;
}

/** What RFC 8628 adds to the interval at every `slow_down`. */
const SLOWER_BY_S = 5;
const LONGEST_INTERVAL_S = 60;

/**
 * The login of a machine without a browser (RFC 8628): shows a code, and asks Google until a person has typed it on another
 * device and decided. A question that fails on the way is repeated until the code has expired.
 */
export async function runDeviceFlow(
  oauth: Pick<OAuth, 'requestDeviceCode' | 'pollDeviceCode'>,
  { show, sleep, monoMs }: DeviceFlowOptions,
): Promise<DeviceFlowEnd> {
  const requested = await oauth.requestDeviceCode();
  if (requested.kind === 'failed') return requested;
  const code = requested.value;
  const expiresAtMs = monoMs() + code.expiresInS * 1000;
  let intervalS = code.intervalS;
  show(code);
  for (;;) {
    await sleep(intervalS * 1000);
    if (monoMs() >= expiresAtMs) return { kind: 'expired' };
    const answer = await oauth.pollDeviceCode(code.deviceCode);
    switch (answer.kind) {
      case 'granted':
      case 'denied':
      case 'expired':
        return answer;
      case 'pending':
        break;
      case 'slowDown':
        intervalS = Math.min(intervalS + SLOWER_BY_S, LONGEST_INTERVAL_S);
        break;
      case 'failed':
        if (answer.failure.kind !== 'unavailable' && answer.failure.kind !== 'rate') return answer;
        intervalS = Math.min(intervalS * 2, LONGEST_INTERVAL_S);
        break;
    }
  }
}
