// SPDX-License-Identifier: MIT
pragma solidity ^0.8.20;

import {TestUsdc} from "./TestUsdc.sol";

/// Does nothing, successfully and without an event, when the nonce was used before: a receipt with status 1 and no Transfer.
contract TokenSilentOnUsedNonce is TestUsdc {
    constructor(string memory name_, string memory version_) TestUsdc(name_, version_) {}

    function _transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) internal override {
        if (_authorizationStates[from][nonce]) {
            return;
        }
        super._transferWithAuthorization(from, to, value, validAfter, validBefore, nonce, signature);
    }
}

/// Uses the nonce and says so (AuthorizationUsed), but moves nothing: no Transfer.
contract TokenUsedWithoutTransfer is TestUsdc {
    constructor(string memory name_, string memory version_) TestUsdc(name_, version_) {}

    function _transferWithAuthorization(
        address from,
        address to,
        uint256 value,
        uint256 validAfter,
        uint256 validBefore,
        bytes32 nonce,
        bytes memory signature
    ) internal override {
        _requireUsable(from, validAfter, validBefore, nonce);
        _requireSignedBy(
            from,
            keccak256(abi.encode(TRANSFER_WITH_AUTHORIZATION_TYPEHASH, from, to, value, validAfter, validBefore, nonce)),
            signature
        );
        _markUsed(from, nonce);
    }
}
