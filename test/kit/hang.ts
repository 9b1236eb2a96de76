/** Milliseconds after which a test counts as hanging. Even on a slow machine a test that works ends earlier. */
export const hang = 600_000;

/** A deadline that a run does not reach, epoch milliseconds. */
export const untilHang = () => Date.now() + hang;

/** Milliseconds after which a long test counts as hanging. A long test does the work of hundreds of tests. */
export const longHang = 7_200_000;
