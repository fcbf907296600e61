using AgentPay.Grains.Facilitator;
using AgentPay.X402.Messages;

namespace AgentPay.Api.Silence;

/// <summary>A facilitator whose callers are told within a second when the database is silent; a caller that was told so counts as one that left.</summary>
internal sealed class PromptFacilitator(IFacilitator facilitator, StoreSilence silence) : IFacilitator
{
    public SupportedResponse Supported => facilitator.Supported;

    public Task<VerifyResponse> VerifyAsync(PaymentPayload payment, PaymentRequirements requirements, CancellationToken cancellationToken) =>
        silence.UnlessAsync(() => facilitator.VerifyAsync(payment, requirements, cancellationToken));

    public async Task<SettleAnswer> SettleAsync(PaymentPayload payment, PaymentRequirements requirements, string? idempotencyKey, CancellationToken cancellationToken) =>
        Prompt(await silence.UnlessAsync(
            () => facilitator.SettleAsync(payment, requirements, idempotencyKey, cancellationToken), static late => late.CloseAsync(delivered: false)));

    public async Task<AdmissionAnswer> AdmitAsync(PaymentPayload payment, PaymentRequirements requirements, string resource, CancellationToken cancellationToken)
    {
        var answer = await silence.UnlessAsync(
            () => facilitator.AdmitAsync(payment, requirements, resource, cancellationToken), static late => late.Admission?.ReleaseAsync() ?? Task.CompletedTask);
        return answer.Admission is null ? answer : answer with { Admission = new PromptAdmission(answer.Admission, this, silence) };
    }

    private SettleAnswer Prompt(SettleAnswer answer) => new(answer.Response, delivered => silence.OwedAsync(() => answer.CloseAsync(delivered)));

    private sealed class PromptAdmission(IAdmittedPayment admitted, PromptFacilitator prompt, StoreSilence silence) : IAdmittedPayment
    {
        private Task _settling = Task.CompletedTask;

        public bool CanKeep => admitted.CanKeep;

        public async Task<SettleAnswer> SettleAsync(CancellationToken cancellationToken)
        {
            var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _settling = over.Task;
            return prompt.Prompt(await silence.UnlessAsync(SettleAsync, static late => late.CloseAsync(delivered: false), isOwed: true));

            async Task<SettleAnswer> SettleAsync()
            {
                try
                {
                    return await admitted.SettleAsync(cancellationToken);
                }
                finally
                {
                    over.SetResult();
                }
            }
        }

        public Task KeepAsync(int httpStatus, string contentType, string receipt, byte[] body) =>
            silence.OwedAsync(() => admitted.KeepAsync(httpStatus, contentType, receipt, body));

        /// <summary>After the settlement, though its caller was told before that nobody can tell.</summary>
        public Task ReleaseAsync() => silence.OwedAsync(async () =>
        {
            await _settling;
            await admitted.ReleaseAsync();
        });
    }
}
