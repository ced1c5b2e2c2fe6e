import t from 'tap'
import { addressGroup } from './address-group.ts'

for (const [address, group] of Object.entries({
  '192.0.2.7': '192.0.2.7',
  '::ffff:192.0.2.7': '192.0.2.7',
  '2001:db8:1:2:3:4:5:6': '2001:db8:1:2::/64',
  '2001:0db8:0001:0002::1': '2001:db8:1:2::/64',
  '2001:db8::1': '2001:db8:0:0::/64',
  '2001:db8:1:2::': '2001:db8:1:2::/64',
  '::1': '0:0:0:0::/64',
  '1::2:3:4:5:6:7': '1:0:2:3::/64',
})) {
  t.test(`${address} counts as ${group}`, async (t) => {
    t.equal(addressGroup(address), group)
  })
}
