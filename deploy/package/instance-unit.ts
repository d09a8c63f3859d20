const HEADERS: Readonly<Record<string, string>> = {
  'stream-controller.service': `# One of several channels on a host: systemctl enable --now stream-controller@NAME. Everything is as in
# stream-controller.service, but that its configuration is in /etc/stream-controller/NAME and its state in
# /var/lib/stream-controller-NAME. Each channel's .env needs a STREAM_CONTROLLER_PORT of its own.
# Needs stream-controller-off-air@.service beside it. Made from stream-controller.service by npm run units.
`,
  'stream-controller-off-air.service': `# As stream-controller-off-air.service, for one of several channels; made from it by npm run units.
`,
};

/** The units that have one for an instance beside them. */
export const UNITS_WITH_INSTANCES: readonly string[] = Object.keys(HEADERS);

/** Of a unit's file, that of the unit for one of several channels: `stream-controller@.service`. */
export const instanceName = (name: string): string => name.replace('.service', '@.service');

/** The text of the unit for one of several channels, from that of the unit `name` for the only one. */
export function instanceUnit(name: string, text: string): string {
  return (
    (HEADERS[name] ?? '') +
    text
      .slice(text.indexOf('[Unit]'))
      .replaceAll(/stream-controller(-off-air)?\.service/g, 'stream-controller$1@%i.service')
      .replaceAll(/^(Description=.*)$/gm, '$1 (%i)')
      .replaceAll('/etc/stream-controller-secrets/', '/etc/stream-controller-secrets/NAME/')
      .replaceAll(/\/etc\/stream-controller(?!-)/g, '/etc/stream-controller/%i')
      .replaceAll('/var/lib/stream-controller', '/var/lib/stream-controller-%i')
      .replaceAll(/^((?:StateDirectory|SyslogIdentifier)=.*)$/gm, '$1-%i')
      .replaceAll('systemctl edit stream-controller', 'systemctl edit stream-controller@NAME')
  );
}
