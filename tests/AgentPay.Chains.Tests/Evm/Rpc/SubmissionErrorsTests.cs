using AgentPay.Chains.Evm;

namespace AgentPay.Chains.Tests.Evm.Rpc;

public sealed class SubmissionErrorsTests
{
    [Theory]
    // go-ethereum
    [InlineData(-32000, "already known", SubmissionStatus.Accepted, SubmissionRejection.None)]
    [InlineData(-32000, "nonce too low: next nonce 5, tx nonce 4", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow)]
    [InlineData(-32000, "replacement transaction underpriced", SubmissionStatus.Rejected, SubmissionRejection.ReplacementUnderpriced)]
    [InlineData(-32000, "insufficient funds for gas * price + value: balance 0, tx cost 1, overshot 1", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds)]
    [InlineData(-32000, "transaction underpriced: tip needed 1, tip permitted 0", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow)]
    [InlineData(-32000, "max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow)]
    [InlineData(-32000, "intrinsic gas too low: gas 20000, minimum needed 21000", SubmissionStatus.Rejected, SubmissionRejection.Other)]
    [InlineData(-32000, "exceeds block gas limit", SubmissionStatus.Rejected, SubmissionRejection.Other)]
    [InlineData(-32000, "invalid sender", SubmissionStatus.Rejected, SubmissionRejection.Other)]
    [InlineData(-32000, "txpool is full", SubmissionStatus.Rejected, SubmissionRejection.Other)]
    // anvil
    [InlineData(-32003, "transaction already imported", SubmissionStatus.Accepted, SubmissionRejection.None)]
    [InlineData(-32003, "nonce too low", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow)]
    [InlineData(-32003, "Insufficient funds for gas * price + value", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds)]
    [InlineData(-32003, "invalid chain id for signer", SubmissionStatus.Rejected, SubmissionRejection.Other)]
    [InlineData(-32602, "Failed to decode transaction", SubmissionStatus.Rejected, SubmissionRejection.Other)]
    // Nethermind
    [InlineData(-32010, "AlreadyKnown", SubmissionStatus.Accepted, SubmissionRejection.None)]
    [InlineData(-32010, "OldNonce, Current nonce: 5, nonce of rejected tx: 4", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow)]
    [InlineData(-32010, "ReplacementNotAllowed", SubmissionStatus.Rejected, SubmissionRejection.ReplacementUnderpriced)]
    [InlineData(-32010, "InsufficientFunds, Balance is 0 less than sending value + gas 1", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds)]
    [InlineData(-32010, "FeeTooLow, MaxFeePerGas too low. MaxFeePerGas: 1, BaseFee: 7", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow)]
    // Erigon
    [InlineData(-32000, "existing tx with same hash", SubmissionStatus.Accepted, SubmissionRejection.None)]
    [InlineData(-32000, "could not replace existing tx", SubmissionStatus.Rejected, SubmissionRejection.ReplacementUnderpriced)]
    [InlineData(-32000, "fee too low", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow)]
    // Besu
    [InlineData(-32000, "Known transaction", SubmissionStatus.Accepted, SubmissionRejection.None)]
    [InlineData(-32001, "Nonce too low", SubmissionStatus.Rejected, SubmissionRejection.NonceTooLow)]
    [InlineData(-32004, "Upfront cost exceeds account balance", SubmissionStatus.Rejected, SubmissionRejection.InsufficientFunds)]
    [InlineData(-32009, "Gas price below configured minimum gas price", SubmissionStatus.Rejected, SubmissionRejection.FeeTooLow)]
    [InlineData(-32000, "Replacement transaction underpriced", SubmissionStatus.Rejected, SubmissionRejection.ReplacementUnderpriced)]
    // What says nothing about the transaction
    [InlineData(-32603, "Internal error", SubmissionStatus.Unknown, SubmissionRejection.None)]
    [InlineData(-32005, "daily request count exceeded, request rate limited", SubmissionStatus.Unknown, SubmissionRejection.None)]
    [InlineData(-32000, "request timed out", SubmissionStatus.Unknown, SubmissionRejection.None)]
    [InlineData(-32000, "header not found", SubmissionStatus.Unknown, SubmissionRejection.None)]
    [InlineData(0, "", SubmissionStatus.Unknown, SubmissionRejection.None)]
    [InlineData(-32601, "the method eth_sendRawTransaction does not exist", SubmissionStatus.Rejected, SubmissionRejection.Other)]
    public void A_nodes_words_are_read_by_class(long code, string words, SubmissionStatus status, SubmissionRejection rejection) =>
        Assert.Equal(new Submission(status, rejection, words), SubmissionErrors.Read(new RpcError(code, words, null)));

    [Fact]
    public void Words_beyond_500_characters_are_cut() =>
        Assert.Equal(500, SubmissionErrors.Read(new RpcError(0, new string('x', 501), null)).Message.Length);
}
