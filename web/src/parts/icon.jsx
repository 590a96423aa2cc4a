// icon.jsx: the console's icons, drawn as lines on a 24 by 24 grid.
const PATHS = {
  today: "M4 6h16v14H4zM4 10h16M8 3v5M16 3v5",
  calls: "M5 4h4l2 5-2.500 1.500a11 11 0 0 0 5 5L15 13l5 2v4a1.500 1.500 0 0 1-1.600 1.500A16 16 0 0 1 3.500 5.600 1.500 1.500 0 0 1 5 4z",
  incoming: "M19 5l-8 8M11 7v6h6M5 4v16h15",
  outgoing: "M11 13l8-8M13 5h6v6M5 4v16h15",
  recordings: "M12 3a3 3 0 0 1 3 3v6a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM6 11a6 6 0 0 0 12 0M12 17v4M9 21h6",
  numbers: "M9 4L7 20M17 4l-2 16M4 9h16M4 15h16",
  forwarding: "M4 12h14M13 6l6 6-6 6",
  rules: "M8 4H5v16h14V8l-4-4H8zM14 4v5h5M9 13h6M9 16h6",
  statistics: "M4 20h16M7 20v-7M12 20V6M17 20v-10",
  settings: "M12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6zM12 3v3M12 18v3M3 12h3M18 12h3M5.600 5.600l2.100 2.100M16.300 16.300l2.100 2.100M18.400 5.600l-2.100 2.100M7.700 16.300l-2.100 2.100",
  warning: "M12 4L2.500 20h19L12 4zM12 10v4.500M12 17.500v.1",
  problem: "M12 3.500a8.500 8.500 0 1 0 0 17 8.500 8.500 0 0 0 0-17zM9 9l6 6M15 9l-6 6",
  inbox: "M4 13l3-8h10l3 8v6H4v-6zM4 13h5l1 2.500h4L15 13h5",
  check: "M5 12.500l4.500 4.500L19 7.500",
  close: "M6 6l12 12M18 6L6 18",
  person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4.500 20c.6-4 3.600-6 7.500-6s6.900 2 7.500 6",
  search: "M10.500 4a6.500 6.500 0 1 1 0 13 6.500 6.500 0 0 1 0-13zM15.500 15.500L20 20",
  download: "M12 4v11M7.500 11l4.500 4.500 4.500-4.500M5 20h14",
  trash: "M5 7h14M10 4h4M7 7l1 13h8l1-13M10.500 11v5M13.500 11v5",
  sun: "M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM12 2v2.500M12 19.500V22M2 12h2.500M19.500 12H22M5 5l1.700 1.700M17.300 17.300L19 19M19 5l-1.700 1.700M6.700 17.300L5 19",
  moon: "M20 14.500A8.500 8.500 0 0 1 9.500 4 8.500 8.500 0 1 0 20 14.500z",
  menu: "M4 7h16M4 12h16M4 17h16",
  plus: "M12 5v14M5 12h14",
  play: "M8 5l11 7-11 7z",
  clock: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM12 8v4.500l3 2",
  voicemail: "M6.500 9a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM17.500 9a3.500 3.500 0 1 1 0 7 3.500 3.500 0 0 1 0-7zM6.500 16h11",
  leave: "M14 4H5v16h9M10 12h10M16.500 8l4 4-4 4",
  block: "M12 4a8 8 0 1 1 0 16 8 8 0 0 1 0-16zM6.500 6.500l11 11",
  edit: "M4 20l1-4L16 5l3 3L8 19l-4 1zM14 7l3 3",
  back: "M20 12H5M11 6l-6 6 6 6",
};

// Hidden from screen readers: whatever has an icon also has a text or a label.
export function Icon({ name, size = 20 }) {
  return (
    <svg width={size} height={size} viewBox="0 0 24 24" fill="none" stroke="currentColor" strokeWidth="1.700"
      strokeLinecap="round" strokeLinejoin="round" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}
