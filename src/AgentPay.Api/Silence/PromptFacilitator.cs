using AgentPay.Grains.Facilitator;
using AgentPay.X402.Messages;

namespace AgentPay.Api.Silence;

/// <summary>A facilitator whose callers are told within a second when the database is silent; a caller that was told so counts as one that left.</summary>
internal sealed class PromptFacilitator(IFacilitator facilitator, StoreSilence silence) : IFacilitator
{
    public SupportedResponse Supported => facilitator.Supported;

    public Task<VerifyResponse> VerifyAsync(PaymentPayload payment, PaymentRequirements requirements, CancellationToken cancellationToken) =>
        silence.UnlessAsync(token => facilitator.VerifyAsync(payment, requirements, token), cancellationToken: cancellationToken);

    public async Task<SettleAnswer> SettleAsync(PaymentPayload payment, PaymentRequirements requirements, string? idempotencyKey, CancellationToken cancellationToken) =>
        Prompt(await silence.UnlessAsync(
            token => facilitator.SettleAsync(payment, requirements, idempotencyKey, token), static late => late.CloseAsync(delivered: false), cancellationToken));

    public async Task<AdmissionAnswer> AdmitAsync(PaymentPayload payment, PaymentRequirements requirements, string resource, CancellationToken cancellationToken)
    {
        var answer = await silence.UnlessAsync(
            token => facilitator.AdmitAsync(payment, requirements, resource, token), static late => late.Admission?.ReleaseAsync() ?? Task.CompletedTask, cancellationToken);
        return answer.Admission is null ? answer : answer with { Admission = new PromptAdmission(answer.Admission, this, silence) };
    }

    /// <summary>Who has its answer, or the beginning of a long one, is told of no silence: that it has it is noted however long that takes, for a connection cut meanwhile could take it away.</summary>
    private SettleAnswer Prompt(SettleAnswer answer) =>
        new(answer.Response, delivered => delivered ? answer.CloseAsync(delivered: true) : silence.OwedAsync(() => answer.CloseAsync(delivered: false)));

    private sealed class PromptAdmission(IAdmittedPayment admitted, PromptFacilitator prompt, StoreSilence silence) : IAdmittedPayment
    {
        /// <summary>Whether the settlement was answered, once that is known.</summary>
        private Task<bool> _settled = Task.FromResult(false);

        public bool CanKeep => admitted.CanKeep;

        public async Task<SettleAnswer> SettleAsync(CancellationToken cancellationToken)
        {
            return prompt.Prompt(await silence.UnlessAsync(SettleAsync, static late => late.CloseAsync(delivered: false), cancellationToken));

            async Task<SettleAnswer> SettleAsync(CancellationToken token)
            {
                var (over, isAnswered) = (new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously), false);
                _settled = over.Task;
                try
                {
                    var answer = await admitted.SettleAsync(token);
                    isAnswered = true;
                    return answer;
                }
                finally
                {
                    over.SetResult(isAnswered);
                }
            }
        }

        public Task KeepAsync(int httpStatus, string contentType, string receipt, byte[] body) =>
            silence.OwedAsync(() => admitted.KeepAsync(httpStatus, contentType, receipt, body));

        /// <summary>After the settlement, though its caller was told before that nobody can tell; its answer, when there is one, is closed and releases.</summary>
        public Task ReleaseAsync() => silence.OwedAsync(async () =>
        {
            if (!await _settled)
            {
                await admitted.ReleaseAsync();
            }
        });
    }
}
