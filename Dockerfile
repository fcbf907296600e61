# The engine as an image (docs/guides/deploy.md).
#   docker build --tag agentpay:cluster .                                          several processes on one PostgreSQL
#   docker build --tag agentpay:embedded --build-arg GrainRuntime=Embedded .       one process
FROM mcr.microsoft.com/dotnet/sdk:10.0-noble AS build
ARG GrainRuntime=Orleans
ARG KubernetesMembership=false
WORKDIR /build
COPY global.json Directory.Build.props Directory.Build.targets Directory.Packages.props BannedSymbols.txt .editorconfig ./
COPY src ./src
RUN dotnet publish src/AgentPay.Silo/AgentPay.Silo.csproj --configuration Release --output /app \
    -p:GrainRuntime=$GrainRuntime -p:KubernetesMembership=$KubernetesMembership -p:UseAppHost=false

FROM mcr.microsoft.com/dotnet/aspnet:10.0-noble
RUN apt-get update \
    && apt-get install --yes --no-install-recommends libsecp256k1-1 libsodium23 libsqlite3-0 \
    && rm -rf /var/lib/apt/lists/* \
    && install --directory --owner=$APP_UID --group=$APP_UID --mode=0700 /var/lib/agentpay
COPY --from=build /app /app
ENV ASPNETCORE_URLS=http://0.0.0.0:4020 \
    AgentPay__DataDirectory=/var/lib/agentpay
# Requests; silos among each other; api processes to silos.
EXPOSE 4020 11111 30000
VOLUME /var/lib/agentpay
WORKDIR /var/lib/agentpay
USER $APP_UID
STOPSIGNAL SIGTERM
# The image has no curl; bash can ask by itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
    CMD ["bash", "-c", "exec 3<>/dev/tcp/127.0.0.1/4020 && printf 'GET /health/live HTTP/1.0\\r\\n\\r\\n' >&3 && read -r line <&3 && [[ $line == *' 200 '* ]]"]
ENTRYPOINT ["dotnet", "/app/agentpay.dll"]
CMD ["up"]
