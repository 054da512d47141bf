/** One a version; never changed once it was released. */
export const MIGRATIONS: readonly string[] = [
  `create table buckets (name text primary key, account text not null, region text not null, created_at integer not null)
     without rowid;
   create table objects (bucket text not null references buckets (name), key text not null, json text not null,
     primary key (bucket, key)) without rowid;
   create table uploads (id text primary key, bucket text not null references buckets (name) on delete cascade,
     key text not null, json text not null) without rowid;
   create index uploads_by_bucket on uploads (bucket, key, id);
   create table parts (upload text not null references uploads (id) on delete cascade, number integer not null,
     json text not null, primary key (upload, number)) without rowid`,
];

/** Texts compare as their UTF-8 bytes do, which is S3's order of keys. */
export const SQL = {
  addBucket: 'insert into buckets (name, account, region, created_at) values (?, ?, ?, ?)',
  bucket: 'select name, account, region, created_at as createdAtMs from buckets where name = ?',
  buckets: 'select name, account, region, created_at as createdAtMs from buckets where account = ? order by name',
  dropBucket: 'delete from buckets where name = ?',
  putObject:
    'insert into objects (bucket, key, json) values (?, ?, ?) on conflict (bucket, key) do update set json = excluded.json',
  object: 'select json from objects where bucket = ? and key = ?',
  dropObject: 'delete from objects where bucket = ? and key = ?',
  list: 'select key, json from objects where bucket = ? and key > ? and key >= ? order by key limit ?',
  everyObject: 'select json from objects',
  addUpload: 'insert into uploads (id, bucket, key, json) values (?, ?, ?, ?)',
  upload: 'select json from uploads where id = ?',
  uploads: 'select json from uploads where bucket = ? order by key, id',
  dropUpload: 'delete from uploads where id = ?',
  putPart:
    'insert into parts (upload, number, json) values (?, ?, ?) on conflict (upload, number) do update set json = excluded.json',
  part: 'select json from parts where upload = ? and number = ?',
  parts: 'select json from parts where upload = ? order by number',
  everyPart: 'select json from parts',
} as const;
