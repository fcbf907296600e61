// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

/// Answers any signature with a value that is not the ERC-1271 magic.
contract WalletWrongMagic {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        return 0x1626ba7f;
    }
}

/// Reverts on any signature.
contract WalletReverting {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        revert("WalletReverting: no");
    }
}

/// Burns all gas it is given, in one instruction: a loop would hold a local chain, whose eth_call has no gas limit, for minutes.
contract WalletBurningGas {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly {
            invalid()
        }
    }
}

/// Answers the right magic, followed by a mebibyte: a reader without a limit pays for it.
contract WalletReturningMegabyte {
    function isValidSignature(bytes32, bytes calldata) external pure returns (bytes4) {
        assembly {
            mstore(0, shl(224, 0x1626ba7e))
            return(0, 0x100000)
        }
    }
}
