// The mark: a gate in the double wall. Served as SVG for every name under which browsers look for one. Imports nothing.

export const ICON_PATH = '/favicon.svg';

export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" role="img" aria-label="Intramuros">
<rect width="32" height="32" rx="7" fill="#0f5c4d"/>
<g fill="none" stroke="#fffefb" stroke-width="2">
<path d="M5 26V9h22v17"/><path d="M11 26v-6a5 5 0 0 1 10 0v6"/><path d="M5 13h22" stroke-width="1.2"/>
</g>
</svg>
`;
