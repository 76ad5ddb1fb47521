/** A day as {@link days} counts it. */
export interface CountedDay {
  year: number;
  month: number;
  day: number;
  quarter: number;
  weekYear: number;
  week: number;
}

/** All days from 1 January 1900, which was a Monday, to the end of 2299, counted one by one: no date arithmetic. */
export function days(): CountedDay[] {
  const all: CountedDay[] = [];
  for (let year = 1900; year < 2300; year++) {
    const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
    const lengths = [31, leap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    lengths.forEach((length, index) => {
      for (let day = 1; day <= length; day++) {
        const quarter = [1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4][index]!;
        all.push({ year, month: index + 1, day, quarter, weekYear: 0, week: 0 });
      }
    });
  }
  let week = 0;
  for (let monday = 0; monday < all.length; monday += 7) {
    const weekYear = all[monday + 3]!.year;
    week = monday > 0 && all[monday - 1]!.weekYear === weekYear ? week + 1 : 1;
    for (const day of all.slice(monday, monday + 7)) Object.assign(day, { weekYear, week });
  }
  return all;
}
