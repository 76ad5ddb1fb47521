/** The 7.13 client under an alias: its own types stay behind its package's exports map. */
declare module 'elasticsearch-7' {
  export { Client } from '@elastic/elasticsearch';
}
