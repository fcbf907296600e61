// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {TestWallet1271} from "./TestWallet1271.sol";

/// Deploys TestWallet1271 where everyone can tell beforehand (CREATE2).
contract TestWalletFactory {
    /// In slot 0, for a test to set: then nothing is deployed any more, without a word.
    bool public idle;

    /// A second call for the same wallet reverts.
    function createAccount(address key) external returns (address wallet) {
        bytes32 code = keccak256(abi.encodePacked(type(TestWallet1271).creationCode, abi.encode(key)));
        wallet = address(uint160(uint256(keccak256(abi.encodePacked(bytes1(0xff), address(this), bytes32(0), code)))));
        require(wallet.code.length == 0, "deployed");
        if (!idle) {
            createBlindly(key);
        }
    }

    /// A second call for the same wallet takes nearly all the gas there is: that is what CREATE2 does where there is code already.
    function createBlindly(address key) public returns (address) {
        return address(new TestWallet1271{salt: bytes32(0)}(key));
    }

    /// What a factory may do with a call that it does not like.
    function refuse() external pure {
        revert("refused");
    }

    /// Succeeds and deploys nothing.
    function pretend() external {}

    /// Takes all the gas there is.
    function burn() external pure {
        assembly {
            invalid()
        }
    }
}
