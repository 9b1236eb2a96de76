/** Milliseconds after which a test counts as hanging. No machine is so slow that a test gets there by working. */
export const hang = 600_000;

/** Deadline of a run that has all the time it needs, as epoch milliseconds. */
export const untilHang = () => Date.now() + hang;

/** The same for a long test, which does the work of hundreds. */
export const longHang = 7_200_000;
