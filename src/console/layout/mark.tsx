/** The sign and the name. */
export function Mark() {
  return (
    <span className="flex items-center gap-2.5 font-semibold tracking-tight">
      <svg viewBox="0 0 32 32" aria-hidden className="size-7">
        <rect width="32" height="32" rx="8" className="fill-accent" />
        <path
          d="M9 16.7l4.2 4.3L23 10.5"
          fill="none"
          stroke="#fff"
          strokeWidth="3.2"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
        <path
          d="M8.5 25h15"
          stroke="#fff"
          strokeOpacity=".55"
          strokeWidth="2"
          strokeLinecap="round"
        />
      </svg>
      Countersign
    </span>
  );
}
