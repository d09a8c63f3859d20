import type { Environment } from './schema.ts';
import type { S3Settings, StorageSettings } from '../store/settings.ts';

type StorageChoice =
  { readonly kind: 'ok'; readonly storage: StorageSettings } | { readonly kind: 'invalid'; readonly problem: string };

/** Puts the storage variables together. Missing ones make the store `unconfigured`, which is no reason not to start. */
export function storageSettings(env: Environment, localDir: string | null): StorageChoice {
  const provider = env.STORAGE_PROVIDER;
  if (provider === 'local') {
    return localDir === null
      ? unconfigured(provider, ['STORAGE_LOCAL_DIR'])
      : ok({ kind: 'local', directory: localDir });
  }
  const endpoint = endpointOf(provider, env);
  if (provider === 'aws' && endpoint === null && env.STORAGE_REGION?.toLowerCase() === 'auto') {
    const problem = 'STORAGE_REGION: AWS knows no region auto; accepted: a region such as eu-central-1';
    return { kind: 'invalid', problem };
  }

  const missing: string[] = [];
  const {
    STORAGE_BUCKET: bucket,
    STORAGE_ACCESS_KEY_ID: accessKeyId,
    STORAGE_SECRET_ACCESS_KEY: secretAccessKey,
  } = env;
  if (bucket === undefined) missing.push('STORAGE_BUCKET');
  if (accessKeyId === undefined) missing.push('STORAGE_ACCESS_KEY_ID');
  if (secretAccessKey === undefined) missing.push('STORAGE_SECRET_ACCESS_KEY');
  if (provider === 'cloudflare' && endpoint === null) missing.push('STORAGE_ACCOUNT_ID (or STORAGE_ENDPOINT)');
  if (provider === 'aws' && endpoint === null && env.STORAGE_REGION === undefined) missing.push('STORAGE_REGION');
  if (bucket === undefined || accessKeyId === undefined || secretAccessKey === undefined || missing.length > 0) {
    return unconfigured(provider, missing);
  }
  const region = env.STORAGE_REGION ?? 'auto';
  return ok({
    kind: 's3',
    provider,
    bucket,
    accessKeyId,
    secretAccessKey,
    // An S3-compatible server behind `aws` takes AWS's first region, us-east-1, for any region.
    region: provider === 'aws' && region.toLowerCase() === 'auto' ? 'us-east-1' : region,
    endpoint,
    // A bucket as a host name needs a wildcard certificate, which only AWS's own endpoints are known to have.
    forcePathStyle: endpoint !== null,
  });
}

function endpointOf(provider: S3Settings['provider'], env: Environment): string | null {
  if (env.STORAGE_ENDPOINT !== undefined) return env.STORAGE_ENDPOINT.replace(/\/+$/, '');
  switch (provider) {
    case 'cloudflare':
      return env.STORAGE_ACCOUNT_ID === undefined ? null : `https://${env.STORAGE_ACCOUNT_ID}.r2.cloudflarestorage.com`;
    case 'gcs':
      return 'https://storage.googleapis.com';
    case 'aws':
      return null;
  }
}

const ok = (storage: StorageSettings): StorageChoice => ({ kind: 'ok', storage });

function unconfigured(provider: string, missing: readonly string[]): StorageChoice {
  const message = `storage is not configured; STORAGE_PROVIDER=${provider} also needs ${missing.join(', ')}`;
  return ok({ kind: 'unconfigured', failure: { reason: 'StorageNotConfigured', message } });
}
