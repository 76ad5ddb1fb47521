/** What one process over New Year is told. Times are milliseconds since 1970 by the clock of this machine. */
export interface NewYearTask {
  url: string;
  index: string;
  begins: number;
  /** When it is midnight by a clock that is right. */
  newYear: number;
  ends: number;
  /** How far its clock is ahead. */
  ahead: number;
}

/** A number that a process drew. */
export interface DrawnNumber {
  text: string;
  /** By the clock of this machine. */
  begun: number;
  ended: number;
  /** By the clock of its process: the date was read between the two. */
  from: number;
  to: number;
}
