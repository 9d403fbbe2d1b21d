// Loaded with `node --import` into the program that is measured: tells on descriptor 3 what it has used.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

const { connect } = Socket.prototype;
let connectedAt = null;

Socket.prototype.connect = function (...parts) {
  connectedAt ??= Date.now();
  return connect.apply(this, parts);
};

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const peakKilobytes = process.resourceUsage().maxRSS;
  writeSync(3, JSON.stringify({ processorMicroseconds: user + system, peakKilobytes, connectedAt }));
});
