import { describe, expect, it } from 'vitest'
import { addressProblem, type Network } from '../../../src/tools/http/addresses.ts'

describe('addresses that a name may always lead to', () => {
  for (const address of [
    '93.184.216.34',
    '8.8.8.8',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
  ]) {
    it(address, () => expect(addressProblem(address, null)).toBeNull())
  }
})

describe('addresses of this machine need network: loopback', () => {
  for (const address of [
    '127.0.0.1',
    '127.255.0.9',
    '::1',
    '::ffff:127.0.0.1',
    '::127.0.0.1',
    '64:ff9b::7f00:1',
    '::ffff:0:7f00:1',
  ]) {
    it(address, () => {
      expect(addressProblem(address, null)).toEqual({
        what: 'an address of this machine',
        network: 'loopback',
      })
      expect(addressProblem(address, 'private')).toMatchObject({ network: 'loopback' })
      expect(addressProblem(address, 'loopback')).toBeNull()
    })
  }
})

describe('private addresses need network: private', () => {
  for (const address of [
    '10.0.0.1',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    'fd12::1',
    '::ffff:10.0.0.1',
    '64:ff9b::a00:1',
  ]) {
    it(address, () => {
      expect(addressProblem(address, null)).toEqual({
        what: 'a private address',
        network: 'private',
      })
      expect(addressProblem(address, 'loopback')).toMatchObject({ network: 'private' })
      expect(addressProblem(address, 'private')).toBeNull()
    })
  }
})

describe('no network setting allows', () => {
  const never = [
    '0.0.0.0',
    '::',
    '255.255.255.255',
    '224.0.0.1',
    '169.254.1.1',
    'fe80::1',
    'fe80::1%eth0',
    '192.0.2.1',
    '198.18.0.1',
    '2001:db8::1',
    '2001::1',
    '2002:7f00:1::',
    '2002:808:808::',
    '64:ff9b:1::1',
    'fec0::1',
    'ff02::1',
    '100::1',
    '3fff::1',
    '5f00::1',
    '4000::1',
    'localhost',
    '',
    '1.2.3',
  ]
  for (const address of never) {
    it(JSON.stringify(address), () => {
      for (const network of [null, 'private', 'loopback'] satisfies Network[])
        expect(addressProblem(address, network)).toMatchObject({ network: null })
    })
  }
})

describe('metadata addresses are refused always, also where base_url holds them', () => {
  for (const address of [
    '169.254.169.254',
    '169.254.170.2',
    '168.63.129.16',
    '100.100.100.200',
    '192.0.0.192',
    'fd00:ec2::254',
    'fd00:ec2:0:0:0:0:0:254',
    'fd20:ce::254',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '::a9fe:a9fe',
  ]) {
    it(address, () => {
      for (const network of [null, 'private', 'loopback'] satisfies Network[]) {
        expect(addressProblem(address, network, true)).toEqual({
          what: 'a metadata address',
          network: null,
        })
      }
    })
  }
})

it('an address that base_url holds itself is what its author meant', () => {
  for (const address of ['127.0.0.1', '10.0.0.1', '::1', 'fe80::1'])
    expect(addressProblem(address, null, true)).toBeNull()
})
