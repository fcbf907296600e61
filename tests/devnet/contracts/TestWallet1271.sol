// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// An ERC-1271 wallet owned by one key. An invalid signature is answered, never reverted.
contract TestWallet1271 {
    bytes4 private constant MAGIC = 0x1626ba7e;
    bytes4 private constant INVALID = 0xffffffff;

    address public immutable key;

    constructor(address key_) {
        key = key_;
    }

    function isValidSignature(bytes32 hash, bytes calldata signature) external view returns (bytes4) {
        if (signature.length != 65) {
            return INVALID;
        }
        address signer = ecrecover(hash, uint8(signature[64]), bytes32(signature[:32]), bytes32(signature[32:64]));
        return signer != address(0) && signer == key ? MAGIC : INVALID;
    }
}
