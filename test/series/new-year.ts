/** What one process over New Year is told when it starts. */
export interface NewYearTask {
  url: string;
  index: string;
  /** How far its clock is ahead, in milliseconds. */
  ahead: number;
}

/** What each is told once all are ready. Times are milliseconds since 1970 by the clock of this machine. */
export interface NewYearTimes {
  /** When it is midnight by a clock that is right. */
  newYear: number;
  /** Each draws until then, and until it has a number of the new year. */
  ends: number;
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
