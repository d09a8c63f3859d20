import type { youtube_v3 } from '@googleapis/youtube';
import { expect, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import { insertBody, type videoUpdate } from '../../../src/youtube/wire/bodies.ts';
import type { broadcastSchema, channelSchema, streamSchema, videoSchema } from '../../../src/youtube/wire/schema.ts';

/** The names that a schema declares; a loose one takes any other besides. */
type Declared<T> = { [K in keyof T as string extends K ? never : number extends K ? never : K]: T[K] };
type Element<T> = T extends readonly (infer E)[] ? E : never;
type Plain<T> = NonNullable<T>;

/** Paths of ours that Google's type does not have; `never` = every name is Google's. */
type Unknown<Ours, Theirs> = {
  [K in keyof Declared<Plain<Ours>>]-?: K extends keyof Plain<Theirs>
    ? Plain<Declared<Plain<Ours>>[K]> extends readonly unknown[]
      ? Element<Plain<Declared<Plain<Ours>>[K]>> extends object
        ? Unknown<Element<Plain<Declared<Plain<Ours>>[K]>>, Element<Plain<Plain<Theirs>[K]>>>
        : never
      : Plain<Declared<Plain<Ours>>[K]> extends object
        ? Unknown<Plain<Declared<Plain<Ours>>[K]>, Plain<Plain<Theirs>[K]>>
        : never
    : K;
}[keyof Declared<Plain<Ours>>];

it('reads by no name that Google does not have', () => {
  expectTypeOf<Unknown<z.output<typeof channelSchema>, youtube_v3.Schema$Channel>>().toBeNever();
  expectTypeOf<Unknown<z.output<typeof streamSchema>, youtube_v3.Schema$LiveStream>>().toBeNever();
  expectTypeOf<Unknown<z.output<typeof broadcastSchema>, youtube_v3.Schema$LiveBroadcast>>().toBeNever();
  expectTypeOf<Unknown<z.output<typeof videoSchema>, youtube_v3.Schema$Video>>().toBeNever();
  expectTypeOf<Unknown<{ snippet: { titel: string } }, youtube_v3.Schema$Video>>().toEqualTypeOf<'titel'>();
});

it('writes by no name that Google does not have', () => {
  expectTypeOf<Unknown<ReturnType<typeof insertBody>, youtube_v3.Schema$LiveBroadcast>>().toBeNever();
  type Update = NonNullable<ReturnType<typeof videoUpdate>>;
  expectTypeOf<Unknown<Update, youtube_v3.Schema$Video>>().toBeNever();
  const body: youtube_v3.Schema$LiveBroadcast = insertBody({
    title: 'Rain',
    description: '',
    scheduledAtMs: 0,
    privacy: 'public',
    madeForKids: false,
    latency: 'low',
  });
  expect(body.contentDetails?.latencyPreference).toBe('low');
});
