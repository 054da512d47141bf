/**
 * The schema, one numbered step after the other. A step that was ever released is never changed: add the next one.
 * The number of steps applied is kept in `PRAGMA user_version`, raised in the transaction of the step.
 */
export const MIGRATIONS: readonly string[] = [
  // 1: documents and the events that explain them
  `create table documents (
     kind text not null,
     key text not null,
     revision integer not null,
     json text not null,
     primary key (kind, key)
   ) strict;
   create table events (
     id integer primary key,
     at integer not null,
     subject text not null,
     type text not null,
     because text not null,
     text text not null,
     by text
   ) strict;
   create index events_by_subject on events (subject, id);
   create index events_by_at on events (at);`,
  // 2: events are written in the order of their moments, so the oldest are found without an index that every write pays for
  `drop index events_by_at;`,
];
